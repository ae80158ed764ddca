"""Commands of operators and developers: deploy, the local stack, import. Nothing here ships in the package."""
