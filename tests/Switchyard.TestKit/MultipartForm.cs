using System.Buffers;
using System.Net.Http.Headers;
using System.Text;

namespace Switchyard.TestKit;

/// <summary>A form built byte by byte, because tests are about the bytes.</summary>
public sealed class MultipartForm
{
    /// <summary>The boundary of every form.</summary>
    public const string Boundary = "----form.7MA4YWxkTrZu0gW";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Its content type.</summary>
    public static string ContentType => $"multipart/form-data; boundary={Boundary}";

    /// <summary>Adds a plain field.</summary>
    public MultipartForm Field(string name, string value) =>
        Part($"Content-Disposition: form-data; name=\"{name}\"", Encoding.UTF8.GetBytes(value));

    /// <summary>Adds a file.</summary>
    public MultipartForm File(string name, byte[] content, string fileName = "speech.wav") =>
        Part($"Content-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\nContent-Type: audio/wav", content);

    /// <summary>Adds a part with these headers.</summary>
    public MultipartForm Part(string headers, byte[] content)
    {
        _bytes.Write(Encoding.UTF8.GetBytes($"--{Boundary}\r\n{headers}\r\n\r\n"));
        _bytes.Write(content);
        _bytes.Write("\r\n"u8);
        return this;
    }

    /// <summary>The whole form.</summary>
    public byte[] ToBytes() => [.. _bytes.WrittenSpan, .. Encoding.UTF8.GetBytes($"--{Boundary}--\r\n")];

    /// <summary>The form without its last boundary.</summary>
    public byte[] Unfinished() => _bytes.WrittenSpan.ToArray();

    /// <summary>The whole form as content to post.</summary>
    public HttpContent ToContent() => Content(new ByteArrayContent(ToBytes()));

    /// <summary>Any content with the content type of a form.</summary>
    public static HttpContent Content(HttpContent content)
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        return content;
    }
}
