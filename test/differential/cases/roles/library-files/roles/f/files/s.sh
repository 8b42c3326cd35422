#!/bin/sh
echo script of role
