"""HTTP only: fetch with permission, parse with a form, call one action, render."""
