"""At home in frameworks and servers, one file each. Only these import one."""
