"""What is rendered, run on this machine: the real programs on their pods' own configuration.

Names of pods become addresses of this machine, folders of a pod a folder of the test's; nothing
else is changed.
"""
