"""The models: one module for each kind of embedder and chat model, built by `core.inference.factory`."""
