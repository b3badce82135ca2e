"""What an engineer in the field wants at a terminal: read a frame, read or make a token, run published vectors.

    arguments    the three commands, their options and their help
    doors        what each command does; the only place that prints, prompts and reads files
    frames       which protocol some bytes are, and what they say; what is wrong with them
    dlt645       the fields of a meter's frame
    gdw1376      the fields of a concentrator's frame, and of the meter's frame inside it
    tokens       what a token says
    making       tokens from what was asked for
    keys         where keys come from: a file, the environment, a prompt; never the command line

All but `doors` are plain functions from values to lines.
"""
