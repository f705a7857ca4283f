namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A plain field of a form, and where its value stands in the body.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Start">Byte offset of the value.</param>
/// <param name="Length">How many bytes the value has.</param>
internal sealed record FormField(string Name, string Value, long Start, int Length);
