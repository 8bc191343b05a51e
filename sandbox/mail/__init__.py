"""The sandbox's mail server: takes every e-mail, shows it to whoever looks, and sends none on."""
