"""The browser files, and pages that open without a kernel: `page` writes one. Imports nothing of the other rooms."""
