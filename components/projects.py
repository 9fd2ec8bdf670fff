"""How GCP projects are called in logical names."""

from settings.vocabulary import GcpProject

PROJECT_NAMES = {
    GcpProject.TESTGROUND: "testground",
    GcpProject.BUILD_RUNNERS: "build-runners",
    GcpProject.PROTECTED_BUILD_RUNNERS: "protected-build-runners",
    GcpProject.PUBLISH_BUILD_RUNNERS: "publish-build-runners",
    GcpProject.CLOUD_NATIVE: "cloud-native",
}
"""The project in logical names of providers, networks, alerts and grants."""

PIPELINES = "pipelines"
"""The same for the project of the state, which is none of the estate's."""
