"""What each command of `siko` is called and takes; what it does is in the module of the same name beside this package."""
