"""The browser files, and pages that open without a kernel."""
