using Switchyard.Common;

namespace Switchyard.Calls;

/// <summary>Masks the host's secrets in errors: a provider may repeat a secret it received in any field of an error.</summary>
internal static class ErrorRedaction
{
    /// <summary>The error with every secret masked; the same object if it has none.</summary>
    public static CallError Redact(this SecretRedactor secrets, CallError error)
    {
        var (message, type) = (secrets.Redact(error.Message), Field(error.Type));
        var (code, param) = (Field(error.Code), Field(error.Param));
        var cause = error.Cause is { } exception ? MaskedException.Mask(exception, secrets) : null;
        return ReferenceEquals(message, error.Message) && ReferenceEquals(type, error.Type)
            && ReferenceEquals(code, error.Code) && ReferenceEquals(param, error.Param) && ReferenceEquals(cause, error.Cause)
            ? error
            : error with { Message = message, Type = type, Code = code, Param = param, Cause = cause };

        string? Field(string? text) => text is null ? null : secrets.Redact(text);
    }
}
