"""Deferred graphs, as in TensorFlow 1: calls add nodes, sessions run them.

A node is the deferred call of one public function. When a session runs, the function itself is called, on tensors with
values; so ops and gradient rules are defined once, and recorders see what they always see.
"""

from __future__ import annotations

from tapeview.engine.deferred.assigns import add_update as add_update
from tapeview.engine.deferred.assigns import assign as assign
from tapeview.engine.deferred.assigns import assign_add as assign_add
from tapeview.engine.deferred.assigns import assign_sub as assign_sub
from tapeview.engine.deferred.assigns import count_up_to as count_up_to
from tapeview.engine.deferred.collections import GraphKeys as GraphKeys
from tapeview.engine.deferred.collections import add_to_collection as add_to_collection
from tapeview.engine.deferred.collections import add_to_collections as add_to_collections
from tapeview.engine.deferred.collections import all_variables as all_variables
from tapeview.engine.deferred.collections import get_collection as get_collection
from tapeview.engine.deferred.collections import get_collection_ref as get_collection_ref
from tapeview.engine.deferred.collections import global_variables as global_variables
from tapeview.engine.deferred.collections import local_variables as local_variables
from tapeview.engine.deferred.collections import model_variables as model_variables
from tapeview.engine.deferred.collections import moving_average_variables as moving_average_variables
from tapeview.engine.deferred.collections import trainable_variables as trainable_variables
from tapeview.engine.deferred.constants import constant as constant
from tapeview.engine.deferred.constants import constant_value as constant_value
from tapeview.engine.deferred.constants import convert_to_tensor as convert_to_tensor
from tapeview.engine.deferred.constants import placeholder as placeholder
from tapeview.engine.deferred.constants import placeholder_with_default as placeholder_with_default
from tapeview.engine.deferred.control_flow import case as case
from tapeview.engine.deferred.control_flow import cond as cond
from tapeview.engine.deferred.control_flow import switch_case as switch_case
from tapeview.engine.deferred.controls import control_dependencies as control_dependencies
from tapeview.engine.deferred.controls import group as group
from tapeview.engine.deferred.controls import no_op as no_op
from tapeview.engine.deferred.controls import tuple_ as tuple_
from tapeview.engine.deferred.custom_rules import RegisterGradient as RegisterGradient
from tapeview.engine.deferred.custom_rules import no_gradient as no_gradient
from tapeview.engine.deferred.fetches import IndexedSlicesValue as IndexedSlicesValue
from tapeview.engine.deferred.getting import fans as fans
from tapeview.engine.deferred.getting import get_local_variable as get_local_variable
from tapeview.engine.deferred.getting import get_variable as get_variable
from tapeview.engine.deferred.gradients import gradients as gradients
from tapeview.engine.deferred.gradients import hessians as hessians
from tapeview.engine.deferred.graph import Graph as Graph
from tapeview.engine.deferred.graph import get_default_graph as get_default_graph
from tapeview.engine.deferred.graph import reset_default_graph as reset_default_graph
from tapeview.engine.deferred.initializing import assert_variables_initialized as assert_variables_initialized
from tapeview.engine.deferred.initializing import global_variables_initializer as global_variables_initializer
from tapeview.engine.deferred.initializing import initialize_all_variables as initialize_all_variables
from tapeview.engine.deferred.initializing import initialize_local_variables as initialize_local_variables
from tapeview.engine.deferred.initializing import initialize_variables as initialize_variables
from tapeview.engine.deferred.initializing import is_variable_initialized as is_variable_initialized
from tapeview.engine.deferred.initializing import local_variables_initializer as local_variables_initializer
from tapeview.engine.deferred.initializing import report_uninitialized_variables as report_uninitialized_variables
from tapeview.engine.deferred.initializing import tables_initializer as tables_initializer
from tapeview.engine.deferred.initializing import variables_initializer as variables_initializer
from tapeview.engine.deferred.lifting import add_node as add_node
from tapeview.engine.deferred.lifting import lifted as lifted
from tapeview.engine.deferred.loops import foldl as foldl
from tapeview.engine.deferred.loops import foldr as foldr
from tapeview.engine.deferred.loops import map_fn as map_fn
from tapeview.engine.deferred.loops import scan as scan
from tapeview.engine.deferred.loops import while_loop as while_loop
from tapeview.engine.deferred.mode import building as building
from tapeview.engine.deferred.mode import disable as disable
from tapeview.engine.deferred.mode import eagerly as eagerly
from tapeview.engine.deferred.mode import enable as enable
from tapeview.engine.deferred.mode import enabled as enabled
from tapeview.engine.deferred.mode import is_probing as is_probing
from tapeview.engine.deferred.mode import v2_behaviour as v2_behaviour
from tapeview.engine.deferred.names import name_scope as name_scope
from tapeview.engine.deferred.operation import Operation as Operation
from tapeview.engine.deferred.public import tf as tf
from tapeview.engine.deferred.python_functions import numpy_function as numpy_function
from tapeview.engine.deferred.python_functions import py_function as py_function
from tapeview.engine.deferred.scope_values import AUTO_REUSE as AUTO_REUSE
from tapeview.engine.deferred.scope_values import VariableScope as VariableScope
from tapeview.engine.deferred.scope_values import get_variable_scope as get_variable_scope
from tapeview.engine.deferred.session import InteractiveSession as InteractiveSession
from tapeview.engine.deferred.session import Session as Session
from tapeview.engine.deferred.session import get_default_session as get_default_session
from tapeview.engine.deferred.static_shapes import Dimension as Dimension
from tapeview.engine.deferred.symbolic import SymbolicTensor as SymbolicTensor
from tapeview.engine.deferred.variable_scope import variable_op_scope as variable_op_scope
from tapeview.engine.deferred.variable_scope import variable_scope as variable_scope
from tapeview.engine.deferred.variables import Variable as Variable
