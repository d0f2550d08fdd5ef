"""Does anything but the disease predict the label: acquisition, names, columns, or a thumbnail of the image?"""
