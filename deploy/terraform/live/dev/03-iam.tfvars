# Nothing differs here.
