"""The REST API: opens its services, and serves the features' endpoints and the web page over HTTP."""
