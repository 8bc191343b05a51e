"""What the cloud and the bridge must compute alike: codes, signatures and the shape of a sync.

Pure: standard library, the hashing and signing packages, nothing of either side. `bopis` imports only this of
`firmware_bridge`.
"""
