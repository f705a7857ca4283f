namespace Switchyard.Experiments;

/// <summary>
/// The history of a comparison's figures: copies of them at rising numbers of calls. Their number is bounded, because every second one is
/// dropped at the maximum. Thread-safe.
/// </summary>
internal sealed class ExperimentCurve(TimeProvider time)
{
    /// <summary>The maximum number of copies.</summary>
    public const int Most = 64;

    private const int FirstStep = 20;

    private readonly Lock _gate = new();
    private readonly List<Copy> _copies = [];
    private IReadOnlyList<VariantState> _variants = [];
    private long _calls;
    private long _step = FirstStep;

    /// <summary>Sets the variants to copy, the control first.</summary>
    public void Follow(IReadOnlyList<VariantState> variants) => _variants = variants;

    /// <summary>Counts an ended call of one of the variants.</summary>
    public void Note()
    {
        var calls = Interlocked.Increment(ref _calls);
        if (calls % Interlocked.Read(ref _step) != 0)
            return;
        lock (_gate)
        {
            if (_copies.Count == Most)
            {
                Interlocked.Exchange(ref _step, _step * 2);
                _copies.RemoveAll(copy => copy.Calls % _step != 0);
                if (calls % _step != 0)
                    return;
            }

            _copies.Add(new(time.GetUtcNow(), calls, [.. _variants.Select(variant => variant.Read())]));
        }
    }

    /// <summary>The copies, the oldest first.</summary>
    public IReadOnlyList<Copy> Read()
    {
        lock (_gate)
            return [.. _copies.OrderBy(copy => copy.Calls)];
    }

    /// <summary>The figures of one moment.</summary>
    /// <param name="At">The moment.</param>
    /// <param name="Calls">The calls until then.</param>
    /// <param name="Figures">Each variant's.</param>
    public sealed record Copy(DateTimeOffset At, long Calls, IReadOnlyList<VariantFigures> Figures);
}
