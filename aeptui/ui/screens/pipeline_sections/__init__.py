"""The sections of the pipeline editor: source, target, mapping, schedule, review. They show a state and hold none."""
