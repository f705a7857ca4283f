namespace Switchyard.Configuration;

/// <summary>The value is a secret, or may hold one: no message and no log ever repeats it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>The value is an address that may hold a password: only the password is masked in texts.</summary>
    public bool IsAddress { get; init; }
}

/// <summary>The number is a count of bytes and may be written as <c>32MB</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ByteSizeAttribute : Attribute;

/// <summary>The number is a fraction from 0 to 1 and is written as <c>5%</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PercentAttribute : Attribute;

/// <summary>The value, or each of several, is one word of a closed list.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class WordListAttribute(params string[] values) : Attribute
{
    public IReadOnlyList<string> Values { get; } = values;
}

/// <summary>The values this version accepts.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KnownValuesAttribute(params string[] values) : WordListAttribute(values);

/// <summary>The values are operations: the words of <see cref="Canonical.CallOperations.DataName"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KnownOperationsAttribute() : WordListAttribute(
    "chat", "completion", "embedding", "moderation", "count_tokens", "rerank", "image_generation", "image_edit", "speech",
    "transcription", "translation", "stored_response", "file", "batch", "compaction");

/// <summary>The value is a strategy for the choice of a target.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KnownStrategiesAttribute() : WordListAttribute(
    "priority", "cost", "performance", "round-robin", "weighted", "least-busy", "manual");

/// <summary>Keys of the object that match none of its other properties are entries of this map.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OtherKeysAttribute(string name = "pattern") : Attribute
{
    /// <summary>The meaning of such a key, for documentation.</summary>
    public string Name { get; } = name;
}

/// <summary>Plain text may replace the whole object: it is the value of the named property.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShorthandAttribute(string property) : Attribute
{
    public string Property { get; } = property;
}
