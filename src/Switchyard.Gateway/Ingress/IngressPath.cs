using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>One row of the path table.</summary>
/// <param name="Pattern">The route pattern, without a prefix.</param>
/// <param name="Dialect">The dialect of its clients.</param>
/// <param name="Operation">The operation; if <see cref="Read"/> is set, the one that it reads counts.</param>
internal sealed record IngressPath(string Pattern, DialectId Dialect, CallOperation Operation)
{
    /// <summary>Whether the path serves an operation.</summary>
    /// <value>By default true for <see cref="Operation"/> only; if <see cref="Read"/> is set, for each operation that it can read.</value>
    public Func<CallOperation, bool> Serves { get; init; } = operation => operation == Operation;

    /// <summary>Reads operation, model and stream from the path; null if they are in the body.</summary>
    public Func<Microsoft.AspNetCore.Http.HttpRequest, IngressRequest>? Read { get; init; }

    /// <summary>Whether the body of an operation may be a form (<c>multipart/form-data</c>) as well as JSON.</summary>
    public static bool TakesForm(CallOperation operation) =>
        operation is CallOperation.ImageEdit or CallOperation.Transcription or CallOperation.AudioTranslation;
}
