"""Failed assertions of the shipped contract show their values, like those of the tests themselves."""

import pytest

pytest.register_assert_rewrite("roadstead.testing.log_contract", "roadstead.testing.log_model")
