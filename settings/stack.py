"""All settings of one stack."""

from settings.base import Section
from settings.estate import AwsSettings, DnsSettings, EstateSettings, GcpSettings
from settings.network import NetworkSettings


class Settings(Section):
    """Everything a stack file says; each field is one `packyard:` key. A system that is left out is not built."""

    stack: str
    estate: EstateSettings
    gcp: GcpSettings
    aws: AwsSettings
    dns: DnsSettings
    network: NetworkSettings
