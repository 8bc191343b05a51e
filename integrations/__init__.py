"""What speaks to vendors, one folder each: it knows our ports, our errors, the files beside this one and an SDK."""
