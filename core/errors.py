"""The error tree: every failure that Docent raises on purpose.

    DocentError
      ConfigurationError      settings, model files, folders: mended by the person who runs Docent
      StoreError              the database: not reachable, wrong schema, wrong dimensions
      ModelError              the embedder or the chat model failed
        ModelBusyError        the queue is full; ask again later
        ModelTimeoutError     the time limit for one answer has passed
      IngestionError          one document can't be read; the rest goes in
      QuestionError           a question that can't be asked (empty, too long)
      PlatformError           Slack or Discord refused

A message gives the fact, the values and the remedy in one line, because the
command line prints it as it is. Chats never see it: `bot.wording` speaks there.
"""


class DocentError(Exception):
    """The base of all errors that Docent raises on purpose; the message is one helpful line."""


class ConfigurationError(DocentError):
    """A setting, a path or a model file is wrong."""


class StoreError(DocentError):
    """The database can't be used as it is."""


class ModelError(DocentError):
    """A model failed to load or to answer."""


class ModelBusyError(ModelError):
    """The model's queue is full."""


class ModelTimeoutError(ModelError):
    """An answer took longer than its time limit."""


class IngestionError(DocentError):
    """One document can't be read; the message is the reason shown in the summary."""


class QuestionError(DocentError):
    """A question that can't be asked: empty or too long."""


class PlatformError(DocentError):
    """A chat platform refused a call or a credential."""
