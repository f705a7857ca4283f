namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A form field that is not a file, with the position of its value in the body.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Start">The byte offset of the value.</param>
/// <param name="Length">The number of bytes of the value.</param>
internal sealed record FormField(string Name, string Value, long Start, int Length);
