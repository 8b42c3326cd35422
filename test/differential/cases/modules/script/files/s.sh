#!/bin/sh
echo "script $# $1 $2 $(pwd | cut -c1) $MARK"
