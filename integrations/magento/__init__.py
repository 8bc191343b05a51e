"""Adobe Commerce and Magento Open Source, REST V1."""

from integrations.magento.platform import MagentoPlatform

__all__ = ["MagentoPlatform"]
