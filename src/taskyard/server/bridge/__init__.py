"""The event bridge under `/v1/wschannels`: what browsers speak, by POST and by websocket."""
