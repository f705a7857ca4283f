using Switchyard.Common;

namespace Switchyard.Calls;

/// <summary>
/// Replaces an exception whose message quotes a secret: the same text without it. A host logs caught exceptions with inner ones.
/// </summary>
internal sealed class MaskedException : Exception
{
    private readonly string _type;

    private MaskedException(Exception original, string message, Exception? inner)
        : base(message, inner)
    {
        _type = original.GetType().FullName ?? original.GetType().Name;
        StackTrace = original.StackTrace;
    }

    /// <inheritdoc/>
    public override string? StackTrace { get; }

    /// <summary>The exception itself; if it, or an inner one, quotes a secret, a copy without secrets.</summary>
    public static Exception Mask(Exception exception, SecretRedactor secrets)
    {
        var inner = exception.InnerException is { } inside ? Mask(inside, secrets) : null;
        var message = secrets.Redact(exception.Message);
        // An AggregateException's message quotes its inner exceptions, and so shows their secrets too.
        return ReferenceEquals(inner, exception.InnerException) && ReferenceEquals(message, exception.Message)
            ? exception
            : new MaskedException(exception, $"{exception.GetType().Name}: {message}", inner);
    }

    /// <inheritdoc/>
    public override string ToString() => base.ToString().Replace(GetType().FullName!, _type, StringComparison.Ordinal);
}
