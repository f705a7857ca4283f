namespace Switchyard.Telemetry;

/// <summary>A number that calls add to. Thread-safe.</summary>
internal sealed class Counter
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long value = 1) => Interlocked.Add(ref _value, value);
}
