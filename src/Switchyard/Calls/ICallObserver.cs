namespace Switchyard.Calls;

/// <summary>Notified of the end of each attempt and each call. Thread-safe; must not throw.</summary>
internal interface ICallObserver
{
    void OnAttemptEnded(ModelCall call, Attempt attempt);

    void OnCallEnded(ModelCall call, CallResponse response);
}
