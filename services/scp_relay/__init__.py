"""The relay: publishes the log to Kafka, each event once, in order. `python -m scp_relay` runs it.

One Kafka transaction holds a batch of events and the record of how far they got; nothing else remembers it.
So whatever ends the relay, and wherever, the next one goes on where the last transaction ended.
"""
