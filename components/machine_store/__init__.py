"""The machine store: the bundle and the settings documents, which machines read with their own identity."""

from components.machine_store.machine_store import MachineStore, MachineStoreArgs, document_path

__all__ = ["MachineStore", "MachineStoreArgs", "document_path"]
