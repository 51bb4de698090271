# llama-cpp-python switches llama.cpp's "common" library on by force, but neither it nor Docent loads that library,
# and it is nearly half of the compile time. CMake includes this file after llama.cpp's project() call, see
# https://cmake.org/cmake/help/latest/variable/CMAKE_PROJECT_PROJECT-NAME_INCLUDE.html
set(LLAMA_BUILD_COMMON OFF)
