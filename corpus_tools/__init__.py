"""Text and annotations: from brat projects to a built relation corpus. Never imports torch, transformers or relext."""

__version__ = "0.1.0"
