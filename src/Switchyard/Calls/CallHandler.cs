namespace Switchyard.Calls;

/// <summary>The rest of the pipeline, called <c>next</c> in a middleware. Returns when the answer is open, or a failed answer.</summary>
public delegate ValueTask<CallResponse> CallHandler(ModelCall call);
