"""`python -m tests.authorisation` writes docs/authorisation.md from the policies in the code."""

from tests.authorisation.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
