namespace Switchyard.Calls;

/// <summary>The rest of the pipeline. Returns when the answer is open, or failed; it does not throw for failures of a call.</summary>
public delegate ValueTask<CallResponse> CallHandler(ModelCall call);
