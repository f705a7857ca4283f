using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>One row of the path table.</summary>
/// <param name="Pattern">The route pattern, without a prefix.</param>
/// <param name="Dialect">The dialect of its clients.</param>
/// <param name="Operation">The operation; where <see cref="Read"/> is set, the one it reads counts.</param>
internal sealed record IngressPath(string Pattern, DialectId Dialect, CallOperation Operation)
{
    /// <summary>Whether it is a path of the operation.</summary>
    /// <value>By default that it is <see cref="Operation"/>; where <see cref="Read"/> is set, one of those it reads.</value>
    public Func<CallOperation, bool> Serves { get; init; } = operation => operation == Operation;

    /// <summary>Reads operation, model and stream from the path; null where they are in the body.</summary>
    public Func<Microsoft.AspNetCore.Http.HttpRequest, IngressRequest>? Read { get; init; }

    /// <summary>Whether the body of an operation may be a form (<c>multipart/form-data</c>) as well as JSON.</summary>
    public static bool TakesForm(CallOperation operation) =>
        operation is CallOperation.ImageEdit or CallOperation.Transcription or CallOperation.AudioTranslation;
}
