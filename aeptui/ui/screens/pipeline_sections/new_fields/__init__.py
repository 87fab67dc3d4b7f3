"""Fields of the organisation's own that a pipeline declares: where one may stand, their list, and the form of one."""
