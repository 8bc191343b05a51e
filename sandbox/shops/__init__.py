"""All pretend shops but the first beside each other: a page to buy in each, and their words on what became of it."""
