"""How good the answers are: question sets, given answers and the figures that compare them."""
