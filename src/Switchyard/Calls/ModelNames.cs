using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Switchyard.Calls;

/// <summary>The bound of a client's model name: names are kept in caches and records, and written to logs.</summary>
internal static class ModelNames
{
    /// <summary>The longest name, in bytes of UTF-8. The longest in the catalogue is half as long.</summary>
    public const int MaxBytes = 256;

    public static bool IsTooLong(string name) => name.Length > MaxBytes || Encoding.UTF8.GetByteCount(name) > MaxBytes;

    /// <summary>A client's model name as records and logs show it: cut if it is longer than any name that is served.</summary>
    [return: NotNullIfNotNull(nameof(name))]
    public static string? Shown(string? name) =>
        name is null || name.Length <= MaxBytes ? name : string.Concat(name.AsSpan(0, MaxBytes), "…");

    public static CallError TooLong() => new(
        CallErrorKind.InvalidRequest, $"The model's name is longer than {MaxBytes} bytes.")
    {
        Param = "model",
    };
}
