import json
import sys
from collections import namedtuple

import torch
from torch import nn
