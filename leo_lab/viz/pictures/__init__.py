"""Pictures by Pillow, all drawn on one kind of canvas: maps, planes, bodies, walks; and videos of them.

canvas holds what they share; maps, planes, bodies and walks draw; video writes files.
"""
