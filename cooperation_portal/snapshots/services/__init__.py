"""What happens to snapshots: asked for, built by the worker, removed."""
