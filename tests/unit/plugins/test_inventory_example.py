"""The example in the inventory plugin's documentation is a deployment that the package takes."""

from __future__ import annotations

import ast

import yaml

from copias.config import Deployment
from copias.inventory_options import InventoryOptions


def constants(path):
    """Return the texts that a module assigns, without importing it."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[node.targets[0].id] = node.value.value
    return found


def test_example_is_a_deployment(project, tmp_path):
    example = yaml.safe_load(constants(project / "plugins" / "inventory" / "workspace.py")["EXAMPLES"])

    deployment = Deployment.model_validate(example, context={"folder": tmp_path})

    assert deployment.account_groups == ("department", "org_unit")
    assert deployment.cache_options()["cache_timeout"] == 86_400


def test_plugin_documents_the_options_that_the_file_may_have(project):
    documentation = yaml.safe_load(constants(project / "plugins" / "inventory" / "workspace.py")["DOCUMENTATION"])

    own = set(documentation["options"]) - {"plugin", "directory_required"}  # the environment's alone
    shared = {"cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"}
    assert "inventory_cache" in documentation["extends_documentation_fragment"]
    assert own | shared == set(InventoryOptions.model_fields)
