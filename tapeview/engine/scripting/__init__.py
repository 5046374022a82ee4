"""What scripts call besides ops: functions and loops, modules, printing, assertions, settings."""
