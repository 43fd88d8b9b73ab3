"""A vending machine with fifteen planted mistakes; the comment ``# planted:`` and a code is where each is to be reported."""
