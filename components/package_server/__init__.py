"""The package server: public apt and yum repositories behind a CDN."""

from components.package_server.server import PackageServer, PackageServerArgs

__all__ = ["PackageServer", "PackageServerArgs"]
