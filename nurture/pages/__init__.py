"""Landing pages, forms and what people sent through them."""

from nurture.pages.service import NewSubmission, by_nonce, keep, link

__all__ = ["NewSubmission", "by_nonce", "keep", "link"]
